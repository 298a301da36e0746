# The image of the gateway: docs/operations/docker.md.
#
#   docker build -t sse-gateway:0.1.0 .
#   docker build -t host-dashboard:0.1.0 --target host_dashboard .   # the example publisher
#   docker build -o symbols --target symbols .                       # for a debugger or a core dump
#
# Any Debian 12 will do as the base. The name moves: a release is built with what it stands for, by
# digest (docs/operations/docker.md says how to get it):
#   docker build --build-arg BASE=debian@sha256:... -t sse-gateway:0.1.0 .
ARG BASE=debian:bookworm-slim

# Compiler and libraries. Before the sources, so that a change of those does not install them anew.
FROM ${BASE} AS packages
COPY cmake/packages.txt /tmp/
RUN packages() { \
      awk -v want="$1" '/^\[/ {s = substr($1, 2, length($1) - 2); next} s == want && $1 ~ /^[a-z0-9]/ {print $1}' \
        /tmp/packages.txt; \
    } \
 && export DEBIAN_FRONTEND=noninteractive \
 && apt-get update \
 && apt-get install -y --no-install-recommends $(packages run) $(packages build) \
 && rm -rf /var/lib/apt/lists/*

# JOBS: compilers at work at the same time, by default one a CPU; each may take 1.5 GiB.
# Warnings are errors where the code is changed, not where it is packaged.
FROM packages AS build
ARG JOBS=
WORKDIR /src
COPY CMakeLists.txt CMakePresets.json ./
COPY cmake cmake
COPY proto proto
COPY web web
COPY internal internal
COPY gateway gateway
COPY examples examples
RUN --mount=type=cache,target=/root/.cache/ccache \
    cmake --preset release -DSSEGW_BUILD_TESTS=OFF -DSSEGW_WERROR=OFF \
 && ninja -C build/release ${JOBS:+-j "$JOBS"} sse-gateway host_dashboard
RUN mkdir /symbols && cd build/release/bin \
 && for program in sse-gateway host_dashboard; do \
      objcopy --only-keep-debug "$program" "/symbols/$program.debug" \
      && strip "$program" \
      && objcopy --add-gnu-debuglink="/symbols/$program.debug" "$program" || exit 1; \
    done

# What each image holds. Running the programs there shows that nothing is missing: better here than
# in a cluster.
FROM build AS roots
COPY scripts/image_root.sh scripts/
COPY LICENSE ./
RUN for program in sse-gateway host_dashboard; do \
      scripts/image_root.sh "/roots/$program" "build/release/bin/$program" \
      && install -D -m 0644 LICENSE "/roots/$program/usr/share/doc/$program/copyright" \
      && chroot "/roots/$program" "/usr/local/bin/$program" --version >/dev/null || exit 1; \
    done

FROM scratch AS symbols
COPY --from=build /symbols/ /

FROM scratch AS host_dashboard
LABEL org.opencontainers.image.title="host_dashboard" \
      org.opencontainers.image.description="Publishes the dashboard of its machine to a grpc-sse-gateway" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="0.1.0"
COPY --from=roots /roots/host_dashboard/ /
USER 65532:65532
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/local/bin/host_dashboard"]

FROM scratch AS gateway
LABEL org.opencontainers.image.title="grpc-sse-gateway" \
      org.opencontainers.image.description="Takes events over gRPC and pushes them to browsers as Server-Sent Events" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="0.1.0"
COPY --from=roots /roots/sse-gateway/ /
# By number, so that Kubernetes can see that it is not root.
USER 65532:65532
# http, grpc, admin
EXPOSE 8080 50051 9090
STOPSIGNAL SIGTERM
# healthz, not readyz: what acts on this check replaces the container, and while the gateway drains
# or waits for its store that would be wrong.
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s --retries=3 \
  CMD ["/usr/local/bin/sse-gateway", "--probe=healthz"]
ENTRYPOINT ["/usr/local/bin/sse-gateway"]
