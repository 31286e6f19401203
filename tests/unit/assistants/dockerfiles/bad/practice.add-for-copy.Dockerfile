FROM python:3.12.7-slim-bookworm
WORKDIR /app
ADD main.py main.py
USER 1000
CMD ["python", "main.py"]
