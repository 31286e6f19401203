FROM rust:1.82.0-alpine3.20 AS build
RUN apk add --no-cache musl-dev=1.2.5-r0
WORKDIR /src
COPY Cargo.toml Cargo.lock ./
RUN mkdir src && echo 'fn main() {}' > src/main.rs && cargo build --release --locked && rm -rf src
COPY src ./src
RUN touch src/main.rs && cargo build --release --locked

FROM alpine:3.20.3
RUN apk add --no-cache ca-certificates tzdata
COPY --from=build /src/target/release/ledger /usr/local/bin/ledger
USER 10001
ENTRYPOINT ["ledger"]
CMD ["serve"]
