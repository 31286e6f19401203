FROM alpine:3.20.3
COPY --chmod=0555 server /server
RUN date -u > /build-date
USER 1000
ENTRYPOINT ["/server"]
