FROM gcc:14.2-bookworm AS build
WORKDIR /src
COPY . .
RUN ./configure --prefix=/opt/server && make -j && make install

FROM debian:12.7-slim
COPY --from=build /opt/server /opt/server
USER 1000
ENTRYPOINT ["/opt/server/bin/server"]
