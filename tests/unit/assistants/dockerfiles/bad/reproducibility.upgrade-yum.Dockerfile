FROM almalinux:9.4-minimal
RUN microdnf update -y && microdnf clean all
COPY --chmod=0555 agent /agent
USER 1000
ENTRYPOINT ["/agent"]
