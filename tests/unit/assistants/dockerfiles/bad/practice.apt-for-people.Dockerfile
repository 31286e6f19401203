FROM ubuntu:24.04
RUN apt update \
 && apt install -y --no-install-recommends rsync \
 && rm -rf /var/lib/apt/lists/*
USER 1000
ENTRYPOINT ["rsync"]
