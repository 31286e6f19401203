FROM node:22.11-alpine3.20
WORKDIR /app
USER node
COPY package.json package-lock.json ./
RUN npm ci --omit=dev
COPY server.js .
USER root
CMD ["node", "server.js"]
