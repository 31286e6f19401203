FROM golang:1.23.3-alpine3.20 AS build
RUN go install github.com/pressly/goose/v3/cmd/goose@latest

FROM alpine:3.20.3
COPY --from=build /go/bin/goose /usr/local/bin/goose
COPY migrations /migrations
USER 1000
ENTRYPOINT ["goose", "-dir", "/migrations"]
