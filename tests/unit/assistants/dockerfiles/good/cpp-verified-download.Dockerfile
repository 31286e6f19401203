# syntax=docker/dockerfile:1
FROM debian:12.7-slim AS build
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates cmake curl g++ ninja-build
ARG FMT=11.0.2
ARG FMT_SUM=6cb1e6d37bdcb756dbbe59be438790db409cdb4868c66e888d5df9f13f7c027f
RUN <<EOF
set -eu
curl -fsSLo /tmp/fmt.tar.gz "https://github.com/fmtlib/fmt/archive/refs/tags/${FMT}.tar.gz"
echo "${FMT_SUM}  /tmp/fmt.tar.gz" | sha256sum -c -
mkdir /opt/fmt
tar -xzf /tmp/fmt.tar.gz --strip-components=1 -C /opt/fmt
EOF
WORKDIR /src
COPY CMakeLists.txt .
COPY src src
RUN cmake -G Ninja -B /build -DCMAKE_BUILD_TYPE=Release && cmake --build /build -j 4

FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build /build/indexer /usr/local/bin/indexer
ENTRYPOINT ["/usr/local/bin/indexer"]
