FROM python:3.12.7-slim-bookworm
COPY main.py settings.toml /app
USER 1000
CMD ["python", "/app/main.py"]
