FROM node:20.18-alpine3.20 AS build
WORKDIR /src
COPY package.json yarn.lock ./
RUN yarn install --production
COPY . .

FROM gcr.io/distroless/nodejs20-debian12:nonroot
COPY --from=build /src /src
CMD ["/src/index.js"]
