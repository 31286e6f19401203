FROM python:3.12.7-bookworm
WORKDIR /app
COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt
COPY app app
USER 1000
CMD ["python", "-m", "app"]
