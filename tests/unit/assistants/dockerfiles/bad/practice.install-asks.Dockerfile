FROM debian:12.7-slim
RUN apt-get update \
 && apt-get install --no-install-recommends tini \
 && rm -rf /var/lib/apt/lists/*
COPY daemon /usr/local/bin/daemon
USER 1000
ENTRYPOINT ["tini", "--", "daemon"]
