FROM python:3.11.10-slim
WORKDIR /app
COPY requirements.lock .
RUN pip install --no-cache-dir --force-reinstall -r requirements.lock
COPY app ./app
USER 10001:10001
CMD ["python", "-m", "app"]
