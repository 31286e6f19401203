FROM alpine:3.20.3
COPY --chmod=0555 server /server
HEALTHCHECK --interval=1s --timeout=1s CMD ["/server", "--check"]
USER 1000
ENTRYPOINT ["/server"]
