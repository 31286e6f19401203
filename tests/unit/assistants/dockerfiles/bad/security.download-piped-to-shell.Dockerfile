FROM ubuntu:24.04
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates curl \
 && rm -rf /var/lib/apt/lists/* \
 && curl -fsSL https://get.example.com/install.sh | bash -s -- --yes
USER 1000
CMD ["tool", "serve"]
