//! Coded values: a small integer in the stored bytes, a word in JSON, CSV and on the command line.

/// Declares an enum whose variants have a stable code and a stable key.
///
/// A code that this version does not know makes the whole event "not understood" for it; the bytes
/// pass through unharmed all the same.
macro_rules! coded {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $code:literal $key:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$vdoc])* $variant,)+ }

        impl $name {
            /// All values, in the order of their codes.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The stored code.
            #[must_use]
            pub const fn code(self) -> u8 {
                match self { $(Self::$variant => $code,)+ }
            }

            /// The value with this code, if this version knows it.
            #[must_use]
            pub const fn from_code(code: u8) -> Option<Self> {
                match code { $($code => Some(Self::$variant),)+ _ => None }
            }

            /// The word used in JSON, CSV and on the command line.
            #[must_use]
            pub const fn key(self) -> &'static str {
                match self { $(Self::$variant => $key,)+ }
            }

            /// The value with this word.
            #[must_use]
            pub fn from_key(key: &str) -> Option<Self> {
                match key { $($key => Some(Self::$variant),)+ _ => None }
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                if serializer.is_human_readable() { serializer.serialize_str(self.key()) } else { serializer.serialize_u8(self.code()) }
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                use serde::de::Error as _;
                if deserializer.is_human_readable() {
                    let key = String::deserialize(deserializer)?;
                    Self::from_key(&key).ok_or_else(|| {
                        let known: Vec<_> = Self::ALL.iter().map(|v| v.key()).collect();
                        D::Error::custom(format!("{key:?} is not one of {}", known.join(", ")))
                    })
                } else {
                    let code = u8::deserialize(deserializer)?;
                    Self::from_code(code).ok_or_else(|| D::Error::custom(format!(concat!("unknown ", stringify!($name), " code {}"), code)))
                }
            }
        }
    };
}

pub(crate) use coded;
