FROM node:22.11-alpine3.20 AS build
WORKDIR /src
COPY package.json package-lock.json ./
RUN npm install
COPY . .
RUN npm run build

FROM nginxinc/nginx-unprivileged:1.27.3-alpine
COPY --from=build /src/build /usr/share/nginx/html
USER 101
