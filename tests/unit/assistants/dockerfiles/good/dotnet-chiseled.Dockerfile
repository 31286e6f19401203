FROM mcr.microsoft.com/dotnet/sdk:8.0.403-jammy AS build
ARG TARGETARCH
WORKDIR /source
COPY Orders/Orders.csproj Orders/packages.lock.json Orders/
RUN dotnet restore Orders --locked-mode -a $TARGETARCH
COPY Orders Orders
RUN dotnet publish Orders -a $TARGETARCH --no-restore -o /app

FROM mcr.microsoft.com/dotnet/aspnet:8.0.10-jammy-chiseled
WORKDIR /app
COPY --from=build /app .
USER 1654
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=3s CMD ["dotnet", "Orders.dll", "--health"]
ENTRYPOINT ["dotnet", "Orders.dll"]
