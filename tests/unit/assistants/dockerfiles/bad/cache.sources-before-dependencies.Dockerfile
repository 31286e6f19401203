FROM node:22.11-bookworm-slim AS build
WORKDIR /srv
COPY . .
RUN npm ci
RUN npm run build

FROM nginxinc/nginx-unprivileged:1.27.3-alpine
COPY --from=build /srv/dist /usr/share/nginx/html
USER 101
