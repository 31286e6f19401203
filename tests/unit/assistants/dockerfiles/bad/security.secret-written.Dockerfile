FROM alpine:3.20.3
RUN apk add --no-cache git \
 && git clone --branch v2.1.0 https://deploy:s3cr3tpass@git.example.com/team/tool.git /opt/tool \
 && apk del git
USER 1000
ENTRYPOINT ["/opt/tool/run"]
