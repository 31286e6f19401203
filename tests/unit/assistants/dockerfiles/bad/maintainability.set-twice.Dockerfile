FROM eclipse-temurin:21.0.5_11-jre-jammy
ENV SPRING_PROFILES_ACTIVE=staging
COPY target/app.jar /app.jar
ENV SPRING_PROFILES_ACTIVE=production
USER 1000
ENTRYPOINT ["java", "-jar", "/app.jar"]
