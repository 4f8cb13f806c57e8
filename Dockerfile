# syntax=docker/dockerfile:1

# The most exact tags that there are: distroless has none for a version. The machine that this was written on could look
# up no digests; give them to a build for others, as --build-arg BASE_IMAGE=gcr.io/distroless/cc-debian13@sha256:…
ARG BUILD_IMAGE=node:24.21.0-trixie-slim
ARG BASE_IMAGE=gcr.io/distroless/cc-debian13:nonroot

FROM ${BUILD_IMAGE} AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
# No script of a dependency runs here. The development dependency `node` then stays without its program, and the one of
# this image is called by its path.
RUN npm ci --ignore-scripts
COPY LICENSE tsconfig.json ./
COPY scripts/image scripts/image
COPY src src
RUN umask 022 && /usr/local/bin/node scripts/image/assemble.ts /image

FROM ${BASE_IMAGE}
LABEL org.opencontainers.image.title="digicert-operator" \
      org.opencontainers.image.description="Turns a DigiCertOrder into a certificate from DigiCert CertCentral in a kubernetes.io/tls Secret" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="0.1.0"
COPY --from=build /usr/local/bin/node /usr/local/bin/node
COPY --from=build /image /
WORKDIR /app
ENV NODE_ENV=production
# Without these the allocator of glibc keeps tens of MiB that nobody uses: an arena for each thread, and freed pages.
ENV MALLOC_ARENA_MAX=2
ENV MALLOC_TRIM_THRESHOLD_=131072
USER 65532:65532
EXPOSE 8080 8081
# Without --enable-source-maps: the map, read in for the first stack trace, would take 75 MB for good. A small young
# generation costs little processor time and keeps garbage small; --expose-gc lets the operator give memory back when
# there is nothing to do.
ENTRYPOINT ["/usr/local/bin/node", "--max-semi-space-size=8", "--expose-gc", "/app/digicert-operator.js"]
CMD ["run"]
