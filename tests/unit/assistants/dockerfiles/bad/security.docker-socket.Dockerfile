FROM alpine:3.20.3
RUN apk add --no-cache docker-cli
COPY --chmod=0555 watch.sh /watch.sh
VOLUME /var/run/docker.sock
USER 1000
ENTRYPOINT ["/watch.sh"]
