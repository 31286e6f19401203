# syntax=docker/dockerfile:1
FROM debian:12.7-slim
COPY tune.sh /tune.sh
RUN --security=insecure /tune.sh
USER 1000
CMD ["/usr/bin/env"]
