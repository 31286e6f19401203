FROM debian:12.7-slim
RUN apt-get update && apt-get install -y --no-install-recommends imagemagick
COPY --chmod=0555 thumbs.sh /thumbs.sh
USER 1000
ENTRYPOINT ["/thumbs.sh"]
