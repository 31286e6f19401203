FROM ruby:3.3.6-slim
ENV RAILS_ENV=production \
    DATABASE_PASSWORD=hunter2
WORKDIR /app
COPY Gemfile Gemfile.lock ./
RUN bundle install
COPY . .
USER 1000
CMD ["bundle", "exec", "puma"]
