FROM golang:1.23.3-alpine3.20
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN go build -o /usr/local/bin/server ./cmd/server
USER 65532
ENTRYPOINT ["server"]
