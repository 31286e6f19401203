FROM debian:12.7-slim
COPY --chmod=0755 ping-all /usr/local/bin/ping-all
RUN chmod u+s /usr/local/bin/ping-all
USER 1000
ENTRYPOINT ["ping-all"]
