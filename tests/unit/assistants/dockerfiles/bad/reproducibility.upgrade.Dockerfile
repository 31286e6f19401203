FROM debian:12.7-slim
RUN apt-get update \
 && apt-get upgrade -y \
 && rm -rf /var/lib/apt/lists/*
COPY --chmod=0555 agent /agent
USER 1000
ENTRYPOINT ["/agent"]
