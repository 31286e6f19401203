FROM node:22.11-bookworm-slim
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci
COPY src src
USER 1000
CMD ["node", "src/server.js"]
