FROM python:3.12.7-slim-bookworm
WORKDIR /app
COPY requirements.txt requirements-dev.txt ./
RUN pip install --no-cache-dir -r requirements.txt -r requirements-dev.txt
COPY app app
USER 1000
CMD ["python", "-m", "app"]
