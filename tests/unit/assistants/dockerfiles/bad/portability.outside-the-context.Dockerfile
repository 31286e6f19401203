FROM alpine:3.20.3
COPY ../shared/schema.sql /schema.sql
COPY --chmod=0555 load.sh /load.sh
USER 1000
ENTRYPOINT ["/load.sh"]
