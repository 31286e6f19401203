FROM debian:12.7-slim
RUN apt-get update
RUN apt-get install -y --no-install-recommends ffmpeg=7:5.1.* && rm -rf /var/lib/apt/lists/*
COPY convert.sh /usr/local/bin/convert
USER 1000:1000
ENTRYPOINT ["/usr/local/bin/convert"]
