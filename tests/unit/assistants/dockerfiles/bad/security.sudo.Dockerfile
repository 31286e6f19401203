FROM ubuntu:22.04
RUN apt-get update \
 && apt-get install -y --no-install-recommends python3 sudo \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --uid 1000 dev
USER 1000
CMD ["python3", "-m", "http.server"]
