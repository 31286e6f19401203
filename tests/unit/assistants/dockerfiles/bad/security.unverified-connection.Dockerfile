FROM python:3.12.7-slim
WORKDIR /app
COPY requirements.txt .
RUN pip install --no-cache-dir --trusted-host pypi.internal.example -r requirements.txt
COPY . .
USER 1001
CMD ["python", "main.py"]
