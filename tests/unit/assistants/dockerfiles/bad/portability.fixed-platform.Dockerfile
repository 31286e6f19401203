FROM --platform=linux/amd64 python:3.12.7-slim-bookworm
WORKDIR /app
COPY main.py .
USER 1000
CMD ["python", "main.py"]
