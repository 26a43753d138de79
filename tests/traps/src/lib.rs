//! Inputs that a generator can trip over. That this compiles, in two editions and under these
//! lints, is most of the test; what the code then does is in tests/.

#![forbid(unsafe_code)]
#![deny(
    warnings,
    missing_copy_implementations,
    missing_debug_implementations,
    missing_docs,
    rust_2018_idioms,
    single_use_lifetimes,
    trivial_casts,
    unreachable_pub,
    unused_lifetimes,
    unused_qualifications,
    unused_results,
    clippy::all,
    clippy::nursery,
    clippy::pedantic
)]

/// Names that meet once they are names in Rust.
pub mod clashes {
    puregrpc::include_protos!("clashes");
}

/// Comments that look like code.
pub mod docs {
    puregrpc::include_protos!("docs");
}

/// Files of editions, with implicit presence and with explicit presence.
pub mod editions {
    puregrpc::include_protos!("editions");
}

/// A byte order mark and line breaks of two characters.
pub mod encoding {
    puregrpc::include_protos!("encoding");
}

/// Every type under every label of proto2, and maps of every pair of types.
pub mod every_proto2 {
    puregrpc::include_protos!("every_proto2");
}

/// The same of proto3.
pub mod every_proto3 {
    puregrpc::include_protos!("every_proto3");
}

/// Messages whose code is in another module.
pub mod externs {
    puregrpc::include_protos!("externs");
}

/// Files whose names are no names in Rust.
pub mod file_names {
    puregrpc::include_protos!("file_names");
}

/// Imports of imports.
pub mod imports {
    puregrpc::include_protos!("imports");
}

/// Names that are keywords in Rust.
pub mod keywords {
    puregrpc::include_protos!("keywords");
}

/// Packages in packages, and none.
pub mod packages {
    puregrpc::include_protos!("packages");
}

/// Messages that are called like what every Rust program knows.
pub mod preludes {
    puregrpc::include_protos!("preludes");
}

/// The syntax of old, with extensions and options.
pub mod proto2 {
    puregrpc::include_protos!("proto2");
}

/// Two files of one name.
pub mod same_stem {
    puregrpc::include_protos!("same_stem");
}

/// Services with odd names.
pub mod service_names {
    puregrpc::include_protos!("service_names");
}

/// Fields of every kind.
pub mod types {
    puregrpc::include_protos!("types");
}

/// A copy of a file that the protobuf crate has.
pub mod vendored {
    puregrpc::include_protos!("vendored");
}

/// All files that the protobuf crate has.
pub mod well_known {
    puregrpc::include_protos!("well_known");
}

/// Packages that are called by the worst of names.
pub mod worst_packages {
    puregrpc::include_protos!("worst_packages");
}

/// All other definitions under such names.
pub mod worst_proto2 {
    puregrpc::include_protos!("worst_proto2");
}

/// The same of proto3.
pub mod worst_proto3 {
    puregrpc::include_protos!("worst_proto3");
}

/// The runtime under another path.
pub mod renamed {
    pub use puregrpc::*;
}

/// Messages without reflection and methods with bodies.
pub mod lite {
    /// As above.
    pub mod clashes {
        puregrpc::include_protos!("clashes_lite");
    }

    /// As above.
    pub mod every_proto2 {
        puregrpc::include_protos!("every_proto2_lite");
    }

    /// As above.
    pub mod every_proto3 {
        puregrpc::include_protos!("every_proto3_lite");
    }

    /// As above.
    pub mod keywords {
        puregrpc::include_protos!("keywords_lite");
    }

    /// As above.
    pub mod packages {
        puregrpc::include_protos!("packages_lite");
    }

    /// As above.
    pub mod worst_proto3 {
        puregrpc::include_protos!("worst_proto3_lite");
    }

    // Private: nothing in it may be called unused or unreachable.
    mod types {
        puregrpc::include_protos!("types_lite");
    }
}
