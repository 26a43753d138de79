"""gRPC's interoperability tests: grpc-go and grpc-java on the other side, with and without TLS.

The cases are those of gRPC's own description. Left out are those for accounts and load reports of Google's
(`compute_engine_creds` and its like, `orca_…`), and `cacheable_unary`, which needs calls by GET that no server takes.
"""

import zipfile

from harness import checked
from judging.installing import go_programs, java_classes

CASES = [
    "empty_unary",
    "large_unary",
    "client_streaming",
    "server_streaming",
    "ping_pong",
    "empty_stream",
    "timeout_on_sleeping_server",
    "cancel_after_begin",
    "cancel_after_first_response",
    "status_code_and_message",
    "special_status_message",
    "custom_metadata",
    "unimplemented_method",
    "unimplemented_service",
    "pick_first_unary",
    "rpc_soak",
    "channel_soak",
]
COMPRESSED = [
    "client_compressed_unary",
    "server_compressed_unary",
    "client_compressed_streaming",
    "server_compressed_streaming",
]
# What grpc-java's client has beyond grpc-go's.
OF_JAVA = [*CASES, *COMPRESSED]
# The project's client has one more for a method that no case of the suite calls. It has no `pick_first_unary`: that is
# for clients that balance their load.
OF_PROJECT = [*(case for case in CASES if case != "pick_first_unary"), "half_duplex"]

# A JVM that is to live for a second.
JAVA = ["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"]
JAVA_PACKAGE = "io.grpc.testing.integration"
# The name in the certificate of grpc-java's test server.
JAVA_SERVER_NAME = "foo.test.google.fr"
SOAK = ["--soak_iterations=20", "--soak_per_iteration_max_acceptable_latency_ms=5000", "--soak_overall_timeout_seconds=60"]


def judge(bench, tls):
    """Both directions; `tls` is a folder with ca.pem, server.pem and server.key for localhost."""
    serve = [bench.paths["interop_server"]]
    plain = bench.serve("interop-server", serve)
    files = ["--use_tls", "true", "--tls_cert_file", tls / "server.pem", "--tls_key_file", tls / "server.key"]
    secure = bench.serve("interop-server-tls", [*serve, *files])
    plain, secure = port_of(plain), port_of(secure)

    client = [bench.paths["interop_client"], *SOAK, "--server_host", "localhost"]
    authority = ["--use_tls", "true", "--ca_file", tls / "ca.pem"]
    every = ["--test_case", ",".join([*OF_PROJECT, *COMPRESSED])]
    run(bench, "interop: both sides are the project's", [*client, "--server_port", plain, *every])
    run(bench, "interop: both sides are the project's, TLS", [*client, "--server_port", secure, *authority, *every])
    with_go(bench, plain, secure, tls, [*client, "--test_case", ",".join(OF_PROJECT)], authority)
    if bench.whole:
        with_java(bench, plain, secure, tls, client)


def with_go(bench, plain, secure, tls, client, authority):
    """grpc-go's client and server. Its server neither compresses as it is asked to nor says what was compressed."""
    programs = go_programs(bench.cache)
    # An address and no name: for a name it asks the network's DNS for more with each connection, which may take 5 s.
    go_client = [programs / "client", "--server_host=127.0.0.1", *SOAK]

    def cases(port, *more):
        for case in CASES:
            bench.command(case, [*go_client, f"--server_port={port}", f"--test_case={case}", *more])

    trust = ["--use_tls", "--use_test_ca", f"--ca_file={tls / 'ca.pem'}", "--server_host_override=localhost"]
    bench.judge("interop: grpc-go's client", lambda: cases(plain))
    bench.judge("interop: grpc-go's client, TLS", lambda: cases(secure, *trust))

    port = bench.serve_other("interop-go", [programs / "server", "--port=0"])
    run(bench, "interop: grpc-go's server", [*client, "--server_port", port])
    files = [f"--tls_cert_file={tls / 'server.pem'}", f"--tls_key_file={tls / 'server.key'}"]
    port = bench.serve_other("interop-go-tls", [programs / "server", "--port=0", "--use_tls", *files])
    run(bench, "interop: grpc-go's server, TLS", [*client, "--server_port", port, *authority])


def with_java(bench, plain, secure, tls, client):
    """grpc-java's client, over Netty and OkHttp, and its server."""
    classes = java_classes(bench.cache)
    java = [*JAVA, "-cp", classes]
    trust = bench.folder / "trust.p12"
    store = ["-keystore", trust, "-storetype", "PKCS12", "-storepass", "changeit"]
    checked(["keytool", "-importcert", "-noprompt", "-alias", "ca", "-file", tls / "ca.pem", *store], "keytool")
    trusting = [f"-Djavax.net.ssl.trustStore{name}" for name in (f"={trust}", "Type=PKCS12", "Password=changeit")]

    def cases(port, *more):
        for case in OF_JAVA:
            arguments = ["--server_host=localhost", f"--server_port={port}", f"--test_case={case}", *SOAK]
            bench.command(case, [*java, *trusting, f"{JAVA_PACKAGE}.TestServiceClient", *arguments, *more])

    for transport, okhttp in (("Netty", "--use_okhttp=false"), ("OkHttp", "--use_okhttp=true")):
        bench.judge(f"interop: grpc-java's client, {transport}", lambda: cases(plain, "--use_tls=false", okhttp))
        bench.judge(f"interop: grpc-java's client, {transport}, TLS", lambda: cases(secure, "--use_tls=true", okhttp))

    # It compresses what a unary call asks for and nothing else, and does not say what was compressed.
    every = ["--test_case", ",".join([*OF_PROJECT, "server_compressed_unary"])]
    server = [*java, f"{JAVA_PACKAGE}.TestServiceServer", "--port=0", "--address_type=IPV4"]
    port = bench.serve_other("interop-java", [*server, "--use_tls=false"])
    run(bench, "interop: grpc-java's server", [*client, *every, "--server_port", port])
    # Its certificate is its own.
    port = bench.serve_other("interop-java-tls", [*server, "--use_tls=true"])
    authority = bench.folder / "java-ca.pem"
    authority.write_bytes(java_authority(classes))
    named = ["--use_tls", "true", "--ca_file", authority, "--server_host_override", JAVA_SERVER_NAME]
    run(bench, "interop: grpc-java's server, TLS", [*client, *every, "--server_port", port, *named])


def java_authority(classes):
    """The certificate of the authority behind grpc-java's test server, from its jar."""
    jar = next(jar for jar in classes.split(":") if "/grpc-testing-1" in jar)
    with zipfile.ZipFile(jar) as archive:
        return archive.read("certs/ca.pem")


def run(bench, name, command):
    """Runs the project's client, which counts its cases."""
    bench.results.run(name, command, bench.environment)


def port_of(server):
    """The port of a server's address."""
    return server.address.rsplit(":", 1)[1]
