package android.annotation;
/** What Kotlin has to look at before it uses it; by this name Kotlin knows it. */
public @interface Nullable {}
