// Proofs as Nimbus's own factory and as Spring Security's encoder make them. Reads one JSON object a line, prints one a line.
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.source.ImmutableJWKSet;
import com.nimbusds.oauth2.sdk.dpop.DefaultDPoPProofFactory;
import com.nimbusds.oauth2.sdk.token.DPoPAccessToken;
import com.nimbusds.openid.connect.sdk.Nonce;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.UUID;
import net.minidev.json.JSONObject;
import net.minidev.json.JSONValue;
import org.springframework.security.oauth2.jose.jws.SignatureAlgorithm;
import org.springframework.security.oauth2.jwt.JwsHeader;
import org.springframework.security.oauth2.jwt.JwtClaimsSet;
import org.springframework.security.oauth2.jwt.JwtEncoderParameters;
import org.springframework.security.oauth2.jwt.NimbusJwtEncoder;

public class Prover {
  public static void main(String[] args) throws Exception {
    var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      var asked = (JSONObject) JSONValue.parse(line);
      var key = JWK.parse(asked.getAsString("jwk"));
      var made = new JSONObject();
      made.put("nimbus", nimbus(key, asked));
      made.put("spring", spring(key, asked));
      System.out.println(made.toJSONString());
    }
  }

  private static String nimbus(JWK key, JSONObject asked) throws Exception {
    var factory = new DefaultDPoPProofFactory(key, JWSAlgorithm.parse(asked.getAsString("alg")));
    var token = new DPoPAccessToken(asked.getAsString("token"));
    var nonce = new Nonce(asked.getAsString("nonce"));
    var uri = URI.create(asked.getAsString("uri"));
    return factory.createDPoPJWT(asked.getAsString("method"), uri, token, nonce).serialize();
  }

  /** As its reference documentation does it. */
  private static String spring(JWK key, JSONObject asked) throws Exception {
    var alg = SignatureAlgorithm.from(asked.getAsString("alg"));
    var header =
        JwsHeader.with(alg).type("dpop+jwt").jwk(key.toPublicJWK().toJSONObject()).build();
    var claims =
        JwtClaimsSet.builder()
            .issuedAt(Instant.now())
            .claim("htm", asked.getAsString("method"))
            .claim("htu", asked.getAsString("uri"))
            .claim("ath", asked.getAsString("ath"))
            .claim("nonce", asked.getAsString("nonce"))
            .id(UUID.randomUUID().toString())
            .build();
    var encoder = new NimbusJwtEncoder(new ImmutableJWKSet<>(new JWKSet(key)));
    return encoder.encode(JwtEncoderParameters.from(header, claims)).getTokenValue();
  }
}
