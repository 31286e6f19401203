FROM alpine:3.20.3
RUN mkdir -p /srv/a && mkdir -p /srv/b && mkdir -p /srv/c && mkdir -p /srv/d && mkdir -p /srv/e \
 && touch /srv/a/1 && touch /srv/b/1 && touch /srv/c/1 && touch /srv/d/1 && touch /srv/e/1 \
 && touch /srv/a/2 && touch /srv/b/2 && touch /srv/c/2 && touch /srv/d/2 && touch /srv/e/2 \
 && chown 1000 /srv/a && chown 1000 /srv/b && chown 1000 /srv/c && chown 1000 /srv/d \
 && chown 1000 /srv/e && addgroup -S app && adduser -S app -G app && adduser -S other -G app
USER 1000
CMD ["ls", "/srv"]
