FROM debian:12.7-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends openssh-server \
 && rm -rf /var/lib/apt/lists/*
COPY worker /usr/local/bin/worker
USER 1000
CMD ["worker"]
