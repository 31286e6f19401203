FROM debian:12.7-slim
ARG TARGETARCH
ADD --checksum=sha256:24454f830cdb571e2c4ad15481119c43b3cafd48dd869a9b2945d1036d1dc68d https://example.org/ca.pem /etc/ssl/ca.pem
RUN apt-get update \
 && apt-get install -y --no-install-recommends curl \
 && rm -rf /var/lib/apt/lists/*
RUN curl -fsSLo /usr/local/bin/yq "https://downloads.example.org/yq/v4.44.3/yq_linux_${TARGETARCH}" \
 && chmod 0755 /usr/local/bin/yq
USER 65534
ENTRYPOINT ["yq"]
