FROM node:22.11-alpine3.20
WORKDIR /src
COPY package.json package-lock.json ./
RUN npm ci
COPY . .
RUN npm run build

FROM nginxinc/nginx-unprivileged:1.27.3-alpine
COPY --from=0 /src/dist /usr/share/nginx/html
USER 101
