FROM debian:12.7-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends cron \
 && rm -rf /var/lib/apt/lists/*
COPY jobs /etc/cron.d/jobs
USER 1000
CMD ["sh", "-c", "cron && tail -f /dev/null"]
