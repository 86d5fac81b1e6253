import org.jetbrains.kotlin.gradle.dsl.JvmTarget

plugins {
    alias(libs.plugins.android.application)
    alias(libs.plugins.kotlin.android)
}

android {
    namespace = "org.pix2phone.demo"
    compileSdk = 36

    defaultConfig {
        applicationId = "org.pix2phone.demo"
        minSdk = 26
        targetSdk = 36
        versionCode = 1
        versionName = "0.1.0"
    }
    buildTypes {
        debug {
            ndk.abiFilters += listOf("arm64-v8a", "x86_64") // the second for emulators
        }
        release {
            ndk.abiFilters += "arm64-v8a"
            isMinifyEnabled = true
            isShrinkResources = true
            proguardFiles(getDefaultProguardFile("proguard-android-optimize.txt"), "proguard-rules.pro")
            signingConfig = signingConfigs["debug"] // it installs as it is; a store wants your own key
        }
    }
    compileOptions {
        sourceCompatibility = JavaVersion.VERSION_17
        targetCompatibility = JavaVersion.VERSION_17
    }
    packaging {
        jniLibs.useLegacyPackaging = true // compressed: half the APK
        resources.excludes += "/META-INF/**"
    }
    androidResources {
        noCompress += "tflite" // models are mapped into memory
    }
}

kotlin {
    compilerOptions.jvmTarget = JvmTarget.JVM_17 // by whichever JDK runs Gradle: Android Studio brings 21
}

dependencies {
    implementation(project(":core"))
    implementation(libs.litert)
    implementation(libs.litert.gpu)
    implementation(libs.litert.gpu.api)
}
