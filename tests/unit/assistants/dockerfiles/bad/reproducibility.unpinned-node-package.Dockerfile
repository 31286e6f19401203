FROM node:22.11-alpine3.20
RUN npm install -g serve
COPY public /public
USER 1000
CMD ["serve", "/public"]
