FROM golang:1.22.8-alpine3.20
WORKDIR /old
COPY go.mod go.sum ./
RUN go mod download

FROM golang:1.23.3-alpine3.20 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -o /server .

FROM scratch
COPY --from=build /server /server
USER 65532
ENTRYPOINT ["/server"]
