FROM python:3.12.7-slim-bookworm
COPY requirements.txt /tmp/requirements.txt
RUN pip install --no-cache-dir -r /tmp/requirements.txt
COPY supervisord.conf /etc/supervisord.conf
COPY app /app
USER 1000
CMD ["supervisord", "-c", "/etc/supervisord.conf"]
