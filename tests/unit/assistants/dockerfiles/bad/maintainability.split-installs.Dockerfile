FROM alpine:3.20.3
RUN apk add --no-cache bash
RUN apk add --no-cache jq
RUN apk add --no-cache openssl
COPY --chmod=0555 rotate.sh /rotate.sh
USER 1000
ENTRYPOINT ["/rotate.sh"]
