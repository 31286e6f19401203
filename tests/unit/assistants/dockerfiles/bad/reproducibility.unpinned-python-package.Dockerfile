FROM python:3.12.7-slim-bookworm
RUN pip install --no-cache-dir flask gunicorn==23.0.0
WORKDIR /app
COPY app.py .
USER 1000
CMD ["gunicorn", "app:app"]
