FROM alpine:3.20.3
COPY --chmod=0555 server /server
EXPOSE 80443
HEALTHCHECK --interval=30s --timeout=3s CMD ["/server", "--check"]
USER 1000
ENTRYPOINT ["/server"]
