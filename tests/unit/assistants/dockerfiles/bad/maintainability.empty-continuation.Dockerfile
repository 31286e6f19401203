FROM alpine:3.20.3
RUN apk add --no-cache \
      bash \

      jq
COPY --chmod=0555 report.sh /report.sh
USER 1000
ENTRYPOINT ["/report.sh"]
