FROM python:3.12.7-slim-bookworm
WORKDIR /app
COPY requirements.txt .
RUN python -m venv /venv && source /venv/bin/activate && pip install --no-cache-dir -r requirements.txt
COPY app app
USER 1000
CMD ["/venv/bin/python", "-m", "app"]
